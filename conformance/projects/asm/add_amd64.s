#include "textflag.h"
#include "const.h"
#include "go_asm.h"

TEXT ·Add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	ADDQ b+8(FP), AX
	ADDQ $BONUS, AX
	MOVQ AX, ret+16(FP)
	RET
