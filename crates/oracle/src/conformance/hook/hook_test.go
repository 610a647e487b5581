package main_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// stockName is what the test binary is called where it is the stock go command, not forgo.
const stockName = "go-stock"

func init() {
	extraEnvKeys = append(extraEnvKeys, "FORGO_UNDER_TEST", "FORGO_GO", "FORGO_EXTRAS",
		"FORGO_CONFORMANCE_LOG", "FORGO_CONFORMANCE_ASKED")
	if os.Getenv("CMDGO_TEST_RUN_MAIN") == "" || os.Args[len(os.Args)-1] == "** telemetry **" {
		return
	}
	// TestTerminalPassthrough is answered by another init function, before there is a go command.
	if os.Getenv("GO_TEST_TERMINAL_PASSTHROUGH") != "" {
		return
	}
	if filepath.Base(os.Args[0]) == stockName {
		note()
		provideToolchain()
		return
	}
	if forgo := os.Getenv("FORGO_UNDER_TEST"); forgo != "" {
		become(forgo)
	}
}

// become runs forgo in this process.
func become(forgo string) {
	asked, _ := json.Marshal(os.Args[1:])
	os.Setenv("FORGO_CONFORMANCE_ASKED", string(asked))
	// A go command that a script copied elsewhere finds its GOROOT around it.
	exe := check(os.Executable())
	if dir := filepath.Dir(exe); os.Getenv("GOROOT") == "" && isGOROOT(filepath.Dir(dir)) {
		stock := filepath.Join(dir, stockName)
		if err := os.Link(exe, stock); err != nil && !os.IsExist(err) {
			log.Fatal(err)
		}
		os.Setenv("FORGO_GO", stock)
	}
	// forgo's release is that of its GOROOT. What is no release the stock command ignores.
	if version := os.Getenv("TESTGO_TOOLCHAIN_VERSION"); version != "" {
		os.Setenv("GOROOT", gorootOf(version, false))
	}
	if version := os.Getenv("TESTGO_VERSION"); strings.HasPrefix(version, "go") {
		os.Setenv("GOROOT", gorootOf(version, true))
	}
	log.Fatal("running ", forgo, ": ", syscall.Exec(forgo, os.Args, os.Environ()))
}

func isGOROOT(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "pkg", "tool"))
	return err == nil && info.IsDir()
}

// note adds a line to the log of stock processes. A delegated command is forgo's own process.
func note() {
	file, err := os.OpenFile(os.Getenv("FORGO_CONFORMANCE_LOG"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return
	}
	dir, _ := os.Getwd()
	line, _ := json.Marshal(map[string]any{
		"asked":     json.RawMessage(os.Getenv("FORGO_CONFORMANCE_ASKED")),
		"args":      os.Args[1:],
		"delegated": strings.HasPrefix(os.Getenv("FORGO_DELEGATED"), fmt.Sprint(os.Getpid(), ".")),
		"dir":       dir,
	})
	file.Write(append(line, '\n'))
	file.Close()
}

// provideToolchain puts the toolchain that the test binary pretends to have switched to where
// `go version`, by which forgo has toolchains downloaded, would have put a real one.
func provideToolchain() {
	version := os.Getenv("TESTGO_VERSION")
	delegated := strings.HasPrefix(os.Getenv("FORGO_DELEGATED"), fmt.Sprint(os.Getpid(), "."))
	if version == "" || os.Getenv("TESTGO_VERSION_SWITCH") != "switch" || delegated || len(os.Args) != 2 {
		return
	}
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		cache = filepath.Join(os.Getenv("GOPATH"), "pkg", "mod")
	}
	dir := filepath.Join(cache, "golang.org", "toolchain@v0.0.1-"+version+"."+runtime.GOOS+"-"+runtime.GOARCH)
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		log.Fatal(err)
	}
	if err := os.Symlink(gorootOf(version, true), dir); err != nil && !os.IsExist(err) {
		log.Fatal(err)
	}
}

// gorootOf makes a GOROOT that says it is of a version, out of links to the real one. To
// TESTGO_VERSION belongs a compiler that takes any version for its own.
func gorootOf(version string, compiles bool) string {
	exe := check(filepath.EvalSymlinks(check(os.Executable())))
	dir := filepath.Join(filepath.Dir(exe), "goroots", fmt.Sprint(version, "-", compiles))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	real := os.Getenv("TESTGO_GOROOT")
	making := check(os.MkdirTemp(filepath.Dir(exe), "goroot"))
	write(making, "VERSION", version+"\n")
	stock := filepath.Join(filepath.Dir(exe), stockName)
	write(making, "bin/go", fmt.Sprintf("#!/bin/sh\nTESTGO_VERSION='%s' exec %s \"$@\"\n", version, stock))
	tools := filepath.Join("pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH)
	if compiles {
		own, _, _ := strings.Cut(string(check(os.ReadFile(filepath.Join(real, "VERSION")))), "\n")
		lang := regexp.MustCompile(`^go\d+\.\d+`).FindString(own)
		write(making, filepath.Join(tools, "compile"), fmt.Sprintf(compiler, own, lang, filepath.Join(real, tools, "compile")))
	}
	linkAll(filepath.Join(real, tools), filepath.Join(making, tools))
	linkAll(filepath.Join(real, "pkg"), filepath.Join(making, "pkg"))
	linkAll(real, making)
	os.MkdirAll(filepath.Dir(dir), 0o777)
	if err := os.Rename(making, dir); err != nil {
		// Another process was faster.
		os.RemoveAll(making)
	}
	return dir
}

// compiler replaces the value of -goversion, and the language of the standard library, which
// the stock command of a false version finds compiled in its cache.
const compiler = `#!/bin/sh
case " $* " in
*" -std "*) std=yes ;;
esac
last=
for arg; do
	shift
	case $last$std$arg in
	-goversion*) arg='%s' ;;
	*yes-lang=*) arg='-lang=%s' ;;
	esac
	last=$arg
	set -- "$@" "$arg"
done
exec '%s' "$@"
`

// linkAll links what is in a directory, but for what is there already.
func linkAll(from, to string) {
	os.MkdirAll(to, 0o777)
	for _, entry := range check(os.ReadDir(from)) {
		os.Symlink(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name()))
	}
}

func write(dir, name, text string) {
	file := filepath.Join(dir, name)
	os.MkdirAll(filepath.Dir(file), 0o777)
	if err := os.WriteFile(file, []byte(text), 0o777); err != nil {
		log.Fatal(err)
	}
}

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
