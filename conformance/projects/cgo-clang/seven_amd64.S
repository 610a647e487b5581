#ifdef __x86_64__
.globl seven
seven:
	movl $7, %eax
	ret
#endif
.section .note.GNU-stack,"",@progbits
