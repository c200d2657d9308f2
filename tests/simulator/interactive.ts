/** Interactive control of a charge point: each typed line is one command. */
import type { SimulatedChargePoint } from "./charge_point.ts";

const HELP = `plug <connector>            plug in the cable
tag <connector> [idTag]     present an idTag: starts a transaction, or stops its own
stop <connector>            stop the transaction on the connector
unplug <connector>          unplug the cable
meter <connector>           send meter values
fault <connector> <code>    set a fault such as GroundFailure; NoError ends it
status                      show the state of the charge point
offline | online            cut the connection; connect again
power                       simulate a power failure
quit                        end the simulator`;

type Command = (chargePoint: SimulatedChargePoint, words: readonly string[], idTag: string) => unknown;

const COMMANDS = new Map<string, Command>(Object.entries(
  {
    plug: (chargePoint, [connector]) => chargePoint.plugIn(Number(connector)),
    tag: async (chargePoint, [connector, tag], idTag) => {
      const { status } = await chargePoint.present(Number(connector), tag ?? idTag);
      return `${tag ?? idTag}: ${status}`;
    },
    stop: (chargePoint, [connector]) => chargePoint.stopTransaction(Number(connector)),
    unplug: (chargePoint, [connector]) => chargePoint.unplug(Number(connector)),
    meter: (chargePoint, [connector]) => chargePoint.meterValues(Number(connector)),
    fault: (chargePoint, [connector, code = "OtherError"]) => chargePoint.fault(Number(connector), code),
    status: (chargePoint) => describe(chargePoint),
    offline: (chargePoint) => chargePoint.goOffline(),
    online: (chargePoint) => chargePoint.goOnline(),
    power: (chargePoint) => chargePoint.cutPower(),
    help: () => HELP,
  } satisfies Record<string, Command>,
));

/** Reads lines until `quit`, the end of the input, or the signal. */
export async function interact(chargePoint: SimulatedChargePoint, idTag: string, signal: AbortSignal): Promise<void> {
  console.log('Type "help" for a list of commands.');
  for await (const line of lines(signal)) {
    const [name = "", ...words] = line.trim().split(/\s+/);
    if (name === "quit" || name === "exit") return;
    if (name === "") continue;
    try {
      const output = await COMMANDS.get(name)?.(chargePoint, words, idTag);
      if (!COMMANDS.has(name)) console.log(`There is no command "${name}".\n${HELP}`);
      else if (typeof output === "string") console.log(output);
    } catch (error) {
      console.log((error as Error).message);
    }
  }
}

function describe(chargePoint: SimulatedChargePoint): string {
  const { connectors } = chargePoint.device;
  const head = `${
    chargePoint.isConnected ? "connected" : "offline"
  }, ${chargePoint.registration}, ${chargePoint.pending} queued messages`;
  return [
    head,
    ...connectors.map(({ connectorId, transaction }) => {
      const running = transaction
        ? `, transaction ${transaction.transactionId ?? "(not confirmed)"} of ${transaction.idTag}`
        : "";
      return `connector ${connectorId}: ${chargePoint.status(connectorId)}${running}`;
    }),
  ].join("\n");
}

async function* lines(signal: AbortSignal): AsyncGenerator<string> {
  let rest = "";
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream(), { signal });
  try {
    for await (const chunk of input) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
