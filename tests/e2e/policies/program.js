// SPDX-License-Identifier: Apache-2.0
// What a program under Node.js ordinarily does. A line of TAP for each.
"use strict";
const assert = require("assert");
const child_process = require("child_process");
const crypto = require("crypto");
const dns = require("dns");
const fs = require("fs");
const http = require("http");
const net = require("net");
const os = require("os");
const path = require("path");
const worker = require("worker_threads");
const zlib = require("zlib");

if (!worker.isMainThread) {
	worker.parentPort.postMessage(worker.workerData * 2);
	return;
}
if (process.argv[2] === "child") {
	process.on("message", (m) => process.send(m + 1, () => process.exit(0)));
	return;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "program-"));

const parts = {
	async "server and client"() {
		const server = http.createServer((q, a) => q.pipe(a));
		await new Promise((done) => server.listen(0, "127.0.0.1", done));
		const got = await new Promise((done, fail) => {
			const q = http.request({ port: server.address().port, host: "127.0.0.1", method: "POST" },
				(a) => {
					let text = "";
					a.on("data", (d) => { text += d; });
					a.on("end", () => done(text));
				});
			q.on("error", fail);
			q.end("hello");
		});
		server.close();
		assert.strictEqual(got, "hello");
	},
	async "socket in the file system"() {
		const at = path.join(folder, "socket");
		const server = net.createServer((c) => c.end("hello"));
		await new Promise((done) => server.listen(at, done));
		const got = await new Promise((done) => net.connect(at).on("data", (d) => done(String(d))));
		server.close();
		assert.strictEqual(got, "hello");
	},
	async "worker threads"() {
		const all = [1, 2, 3, 4].map((n) => new Promise((done, fail) => {
			new worker.Worker(__filename, { workerData: n }).on("message", done).on("error", fail);
		}));
		assert.deepStrictEqual(await Promise.all(all), [2, 4, 6, 8]);
	},
	async "child processes"() {
		assert.strictEqual(child_process.execSync("echo a | cat").toString(), "a\n");
		assert.strictEqual(child_process.spawnSync("sh", ["-c", "exit 3"]).status, 3);
		const child = child_process.fork(__filename, ["child"]);
		const got = await new Promise((done) => { child.on("message", done); child.send(1); });
		assert.strictEqual(got, 2);
		await new Promise((done) => child.on("exit", done));
	},
	async "files"() {
		const at = path.join(folder, "a");
		await fs.promises.writeFile(at, "text");
		await fs.promises.copyFile(at, at + "2");
		assert.strictEqual(fs.readFileSync(at + "2", "utf8"), "text");
		fs.chmodSync(at, 0o600);
		fs.renameSync(at, at + "3");
		fs.symlinkSync("a3", at);
		assert.strictEqual(fs.realpathSync(at), at + "3");
		const seen = new Promise((done) => { const w = fs.watch(folder, () => { w.close(); done(); }); });
		fs.utimesSync(at + "2", 1, 1);
		await seen;
		const stream = fs.createReadStream(at + "2").pipe(fs.createWriteStream(at + "4"));
		await new Promise((done) => stream.on("finish", done));
		assert.strictEqual(fs.statSync(at + "4").size, 4);
	},
	async "ciphers and compression"() {
		assert.strictEqual(crypto.randomBytes(16).length, 16);
		const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
		assert(crypto.verify("sha256", "x", publicKey, crypto.sign("sha256", Buffer.from("x"), privateKey)));
		await new Promise((done, fail) => crypto.scrypt("a", "b", 32, (e) => e ? fail(e) : done()));
		const packed = await new Promise((done) => zlib.gzip(Buffer.alloc(1e6, "a"), (e, b) => done(b)));
		assert.strictEqual(zlib.gunzipSync(packed).length, 1e6);
	},
	async "code that is compiled while it runs"() {
		const f = new Function("n", "let s = 0; for (let i = 0; i < n; i++) s = (s + i) % 7; return s");
		for (let i = 0; i < 200; i++) f(10000);
		assert.strictEqual(f(3), 3);
		const bytes = Buffer.from("0061736d0100000001060160017f017f030201000707010361646400000a0901" +
			"0700200041016a0b", "hex");
		const { instance } = await WebAssembly.instantiate(bytes);
		assert.strictEqual(instance.exports.add(1), 2);
	},
	async "names and interfaces"() {
		assert.strictEqual((await dns.promises.lookup("127.0.0.1")).family, 4);
		await dns.promises.lookup("localhost");
		assert(os.networkInterfaces().lo === undefined || os.networkInterfaces().lo.length > 0);
		assert(os.cpus().length > 0 && os.totalmem() > 0 && os.userInfo().uid >= 0);
	},
	async "timers and signals"() {
		const got = new Promise((done) => process.on("SIGUSR2", done));
		const keep = setInterval(() => {}, 10);
		process.kill(process.pid, "SIGUSR2");
		await got;
		clearInterval(keep);
		const start = process.hrtime.bigint();
		await new Promise((done) => setTimeout(done, 20));
		assert(process.hrtime.bigint() - start > 10000000n);
	},
};

(async () => {
	const names = Object.keys(parts);
	let n = 0, bad = 0;
	console.log(`1..${names.length}`);
	for (const name of names) {
		let why = "";
		try {
			await parts[name]();
		} catch (e) {
			why = ": " + String(e.message).split("\n")[0];
			bad++;
		}
		console.log(`${why ? "not ok" : "ok"} ${++n} - ${name}${why}`);
	}
	fs.rmSync(folder, { recursive: true });
	process.exit(bad ? 1 : 0);
})();
