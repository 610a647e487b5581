package c

import "embed"

//go:embed empty/*
var FS embed.FS
