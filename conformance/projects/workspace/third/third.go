package third

// Name of the third.
const Name = "third"
