package fort

// int answer_();
import "C"

// Answer is Fortran.
func Answer() int { return int(C.answer_()) }
