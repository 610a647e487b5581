package base

const OS = "linux"
