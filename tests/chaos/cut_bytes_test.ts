/**
 * A connection is cut at every possible point of a StartTransaction: after each byte of the request and after each byte of the answer. The charge
 * point sends the request again over a new connection. The Central System has one transaction and always gives the same answer. Fault injections
 * 14 and 15.
 */
import { assertEquals } from "@std/assert";
import { type Payload, Wire } from "../conformance/wire.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { listAll } from "./oracle.ts";
import { type Allowance, Proxy } from "./proxy.ts";

/** The number of charge points that are cut in parallel. */
const WORKERS = 8;

const IDENTITY = (worker: number) => `CUT-${worker}`;
const ID_LENGTH = 36;

/** Header bytes of an RFC 6455 frame: the client's text has 126 to 65535 bytes and a mask; the server's is shorter and has none. */
const CLIENT_HEADER = 8;
const SERVER_HEADER = 2;

Deno.test({
  name: "a connection that is cut after any byte of a StartTransaction or its answer: one transaction, equal answers",
  // The Central System runs in this process; `stop` checks that it ends without leftovers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    // All charge points connect from the same address.
    await using central = await startCentralSystem({ handshakesPerSecond: 10_000 });
    for (let worker = 0; worker < WORKERS; worker++) {
      const fields = { registration: "Accepted", securityProfile: 0 };
      await central.api("PUT", `/v1/charge-points/${IDENTITY(worker)}`, fields);
    }
    await central.api("PUT", "/v1/id-tags/CUT", { status: "Accepted" });

    const cuts = allCuts();
    const remaining = cuts.entries();
    await Promise.all(Array.from({ length: WORKERS }, async (_, worker) => {
      for (const [number, allowance] of remaining) await cutAndRepeat(central, IDENTITY(worker), number, allowance);
    }));

    const all = await listAll(central, "/v1/transactions");
    for (const field of ["transactionId", "meterStart"]) {
      assertEquals(new Set(all.map((each) => each[field])).size, cuts.length, field);
    }
    assertEquals(all.length, cuts.length);
  },
});

/** One allowance for each byte of the request and of the answer; with 0 no byte passes. */
function allCuts(): Allowance[] {
  const request = JSON.stringify([2, idOf(0), "StartTransaction", requestOf(0)]);
  const answer = JSON.stringify([3, idOf(0), { transactionId: 100, idTagInfo: { status: "Accepted" } }]);
  const upTo = (bytes: number) => Array.from({ length: bytes + 1 }, (_, n) => n);
  return [
    ...upTo(request.length + CLIENT_HEADER).map((up) => ({ up })),
    ...upTo(answer.length + SERVER_HEADER).map((down) => ({ down })),
  ];
}

async function cutAndRepeat(central: CentralSystem, identity: string, number: number, allowance: Allowance) {
  await using proxy = await Proxy.to(central.url);
  const url = `${central.ocppUrl}/${identity}`;
  const cutWire = await Wire.open(proxy.through(url));
  proxy.allow(allowance);
  const request = requestOf(number);
  cutWire.send(2, idOf(2 * number), "StartTransaction", request);
  const early = await cutWire.next("an answer or the end").catch(() => undefined);

  const wire = await Wire.open(url);
  const answers: Payload[] = early?.kind === "CALLRESULT" ? [early.payload] : [];
  for (const again of [1, 2]) {
    wire.send(2, idOf(2 * number + again), "StartTransaction", request);
    const frame = await wire.next("the confirmation");
    if (frame.kind !== "CALLRESULT") throw new Error(`Cut at ${JSON.stringify(allowance)}: ${JSON.stringify(frame)}`);
    answers.push(frame.payload);
  }
  for (const each of answers) assertEquals(each, answers[0], `cut at ${JSON.stringify(allowance)}`);
  await Promise.all([cutWire.cut(), wire.cut()]);
}

function requestOf(number: number): Payload {
  return { connectorId: 1, idTag: "CUT", meterStart: 1_000_000 + number, timestamp: "2026-03-02T10:00:00.000Z" };
}

function idOf(number: number): string {
  return `cut-${number}`.padEnd(ID_LENGTH, "0");
}
