#!/bin/sh
# Starts the Central System as one process, for service files and containers. It runs the same command as `deno task start`, but without the
# processes of npx, of npm's wrapper and of the task runner around it, which do not hand on signals: what supervises this process can
# end it in order with SIGTERM or SIGINT. `deno` must be in PATH.
set -eu
cd "$(dirname "$0")/.."
deno=$(deno eval 'console.log(Deno.execPath())')
launch=$(deno eval 'import config from "./deno.json" with { type: "json" }; console.log(config.tasks.launch.command)')
HOW=run
eval "exec \"\$deno\" ${launch#deno} main.ts"
