//go:build !linux

package base

const OS = "other"
