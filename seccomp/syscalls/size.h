/* SPDX-License-Identifier: Apache-2.0 */
/* size.h - made by generate, do not edit. */
#pragma once

#define SC_N      485
#define SC_GROUPS 38
#define SC_KERNEL 0x702
