// SPDX-License-Identifier: Apache-2.0
// What a program in Java ordinarily does. A line of TAP for each.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

public class Program {
	interface Part {
		boolean run() throws Exception;
	}

	static int n, bad;

	static void part(String name, Part p) {
		String why = "";
		try {
			if (!p.run())
				why = ": it is wrong";
		} catch (Throwable t) {
			why = ": " + t;
		}
		if (!why.isEmpty())
			bad = 1;
		System.out.println((why.isEmpty() ? "ok " : "not ok ") + ++n + " - " + name + why);
	}

	static boolean threads() throws Exception {
		var pool = Executors.newFixedThreadPool(8);
		List<Callable<Integer>> all = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			final int k = i;
			all.add(() -> k * k);
		}
		int sum = 0;
		for (Future<Integer> f : pool.invokeAll(all))
			sum += f.get();
		pool.shutdown();
		return sum == 328350 && IntStream.range(0, 100000).parallel().filter(i -> i % 3 == 0).count() == 33334;
	}

	static boolean processes() throws Exception {
		Process p = new ProcessBuilder("sh", "-c", "echo a; exit 3").start();
		try (var in = new BufferedReader(new InputStreamReader(p.getInputStream()))) {
			return in.readLine().equals("a") && p.waitFor() == 3;
		}
	}

	static boolean files(Path folder) throws Exception {
		Path a = folder.resolve("a");
		Files.writeString(a, "text");
		Files.copy(a, folder.resolve("b"));
		Files.createSymbolicLink(folder.resolve("c"), Path.of("b"));
		try (var ch = FileChannel.open(a, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			var map = ch.map(FileChannel.MapMode.READ_WRITE, 0, 4);
			map.put(0, (byte) 'T');
			map.force();
			ch.lock().release();
			ch.transferTo(0, 4, FileChannel.open(folder.resolve("d"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE));
		}
		return Files.readString(folder.resolve("d")).equals("Text")
			&& Files.readString(folder.resolve("c")).equals("text")
			&& Files.getFileStore(a).getTotalSpace() > 0;
	}

	static boolean sockets() throws Exception {
		try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			var t = new Thread(() -> {
				try (var c = server.accept()) {
					c.getOutputStream().write(c.getInputStream().read());
				} catch (Exception e) {
					e.printStackTrace();
				}
			});
			t.start();
			try (var c = new Socket(server.getInetAddress(), server.getLocalPort())) {
				c.getOutputStream().write('x');
				if (c.getInputStream().read() != 'x')
					return false;
			}
			t.join();
		}
		try (var s = Selector.open(); var ch = ServerSocketChannel.open()) {
			ch.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
			ch.configureBlocking(false);
			ch.register(s, java.nio.channels.SelectionKey.OP_ACCEPT);
			s.selectNow();
		}
		InetAddress.getAllByName("localhost");
		return NetworkInterface.getNetworkInterfaces() != null;
	}

	static boolean memory() {
		List<byte[]> all = new ArrayList<>();
		for (int i = 0; i < 2000; i++) {
			all.add(new byte[100000]);
			if (i % 100 == 99)
				all.clear();
		}
		System.gc();
		return ByteBuffer.allocateDirect(1 << 20).isDirect();
	}

	static boolean signs() throws Exception {
		var pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
		var s = Signature.getInstance("SHA256withECDSA");
		s.initSign(pair.getPrivate());
		s.update(new byte[] { 1 });
		byte[] made = s.sign();
		s.initVerify(pair.getPublic());
		s.update(new byte[] { 1 });
		return s.verify(made);
	}

	public static void main(String[] args) throws Exception {
		Path folder = Files.createTempDirectory("program");
		System.out.println("1..6");
		part("threads", Program::threads);
		part("processes", Program::processes);
		part("files", () -> files(folder));
		part("sockets", Program::sockets);
		part("memory", Program::memory);
		part("signatures", Program::signs);
		try (var all = Files.walk(folder)) {
			all.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
		}
		System.exit(bad);
	}
}
