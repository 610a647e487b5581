#include "textflag.h"

DATA ·table+0(SB)/4, $1
DATA ·table+4(SB)/4, $2
DATA ·table+8(SB)/4, $3
GLOBL ·table(SB), NOPTR, $16

DATA local<>+0(SB)/8, $40
GLOBL local<>(SB), RODATA|NOPTR, $8

TEXT ·Add3(SB), 0, $24-16
	MOVQ n+0(FP), AX
	ADDQ local<>(SB), AX
	LEAQ ·table(SB), BX
	MOVL 8(BX), CX
	ADDQ CX, AX
	MOVQ AX, 0(SP)
	CALL ·plus(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET
