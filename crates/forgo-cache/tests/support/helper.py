"""A GOCACHEPROG helper: keeps what it is given in a directory, and writes down what it is told.

usage: helper.py DIR [MODE...]   modes: readonly noclose slow mute dies babbles refuses leaves unknown
"""
import base64, json, os, sys, time

dir, modes = sys.argv[1], set(sys.argv[2:])
transcript = open(os.path.join(dir, "transcript"), "wb")
commands = [c for c in ("get", "put", "close")
            if not (c == "put" and "readonly" in modes or c == "close" and "noclose" in modes)]
waiting = []

def say(**answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

def lines():
    for line in sys.stdin.buffer:
        transcript.write(line)
        transcript.flush()
        if line.strip():
            yield line

if "dies" in modes:
    sys.exit(3)
if "babbles" in modes:
    print("hello")
    sys.stdout.flush()
say(ID=0, KnownCommands=[] if "mute" in modes else commands)
todo = lines()
for line in todo:
    request = json.loads(line)
    id, command = request["ID"], request["Command"]
    if "refuses" in modes and command != "close":
        say(ID=id, Err="no, thank you")
        continue
    if "unknown" in modes:
        say(ID=id + 100)
        continue
    if command == "close":
        if "leaves" not in modes:
            say(ID=id)
        break
    name = os.path.join(dir, base64.b64decode(request["ActionID"]).hex())
    if command == "put":
        body = base64.b64decode(json.loads(next(todo))) if request.get("BodySize") else b""
        open(name + ".body", "wb").write(body)
        open(name + ".output", "w").write(request["OutputID"])
        say(ID=id, DiskPath=name + ".body")
    elif os.path.exists(name + ".body"):
        answer = dict(ID=id, OutputID=open(name + ".output").read(),
                      Size=os.path.getsize(name + ".body"), Time="2026-01-02T03:04:05Z",
                      DiskPath=name + ".body")
        if "slow" in modes:  # answers in pairs, the later one first
            waiting.append(answer)
            if len(waiting) == 2:
                say(**waiting.pop())
                say(**waiting.pop())
        else:
            say(**answer)
    else:
        say(ID=id, Miss=True)
