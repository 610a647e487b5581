package b

func f( {
