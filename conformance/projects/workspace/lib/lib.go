package lib

// Name of the library.
const Name = "lib"
