package sub

// Name of it.
var Name = "sub"
