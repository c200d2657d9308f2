#!/bin/sh
# Starts the Central System as a single process, for service files and containers. It runs the same command as `deno task start`, but without
# the processes of npx, npm's wrapper and the task runner, which do not pass signals on. So a supervisor can end the server in order with
# SIGTERM or SIGINT. `deno` must be in PATH.
set -eu
cd "$(dirname "$0")/.."
deno=$(deno eval 'console.log(Deno.execPath())')
launch=$(deno eval 'import config from "./deno.json" with { type: "json" }; console.log(config.tasks.launch.command)')
HOW=run
eval "exec \"\$deno\" ${launch#deno} main.ts"
