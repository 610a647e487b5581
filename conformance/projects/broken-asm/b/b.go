package b

func F()
