#include "textflag.h"

DATA ·table+0(SB)/4, $1
DATA ·table+4(SB)/4, $2
DATA ·table+8(SB)/4, $3
GLOBL ·table(SB), NOPTR, $16

DATA local<>+0(SB)/8, $40
GLOBL local<>(SB), RODATA|NOPTR, $8

TEXT ·Add3(SB), 0, $32-16
	MOVD n+0(FP), R0
	MOVD local<>(SB), R1
	ADD R1, R0
	MOVD $·table(SB), R2
	MOVWU 8(R2), R3
	ADD R3, R0
	MOVD R0, 8(RSP)
	CALL ·plus(SB)
	MOVD 16(RSP), R0
	MOVD R0, ret+8(FP)
	RET
