/**
 * Prepares a charge point for a line of the collection, sends the line, and collects the replies. A Heartbeat is sent after each line as a marker: frames
 * are answered in order, so all replies to the line come before its answer.
 */
import { Buffer } from "node:buffer";
import { closeCode, frameBytes, OPCODE, RawSocket, requestText } from "../api/http/raw_socket.ts";
import { ChargePoint } from "../conformance/charge_point.ts";
import type { Operator } from "../conformance/operator.ts";
import { now } from "../conformance/tool.ts";
import type { Wire } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import type { CentralSystem } from "../harness.ts";
import { type Line, type ShapedFrame, textsOf, type Values } from "./corpus.ts";
import type { Outcome } from "./answer_check.ts";

/** The size of an endless message: far above the limit at which the Central System closes the connection. */
const ENDLESS_BYTES = 64 * 1024 * 1024;

/** A charge point in the state before a line. */
export interface PreparedCase extends Values {
  readonly cp: ChargePoint;
  /** The command in flight, in state `cmd`. */
  readonly commandId?: string;
  /** The charge point with the transaction, in state `tx_of_other_cp`. */
  readonly other?: ChargePoint;
  /** Sends the line and collects the replies. */
  send(line: Line): Promise<Outcome>;
  disconnect(): Promise<void>;
}

/** Registers the idTags of the collection. */
export async function registerTags(operator: Operator): Promise<void> {
  const free = { status: "Accepted", maxActiveTransactions: null };
  await operator.put("/v1/id-tags/TAG-OK", free);
  await operator.put("/v1/id-tags/TAG-BLOCKED", { ...free, status: "Blocked" });
  await operator.put("/v1/id-tags/TAG-EXPIRED", { ...free, expiryDate: "2020-01-01T00:00:00.000Z" });
}

/** Registers a charge point, connects it and brings it into the state before a line. */
export async function prepareCase(
  central: CentralSystem,
  operator: Operator,
  identity: string,
  line: Line,
  validation: "tolerant" | "strict",
): Promise<PreparedCase> {
  const registration = line.pre === "new_pending" ? "Pending" : "Accepted";
  const cp = await connected(central, operator, identity, { registration, validation });
  const values = { cp, maxMessageBytes: central.app.settings.maxMessageBytes };
  const context = { ...values, ...await reachState(line, cp, central, operator) };
  return {
    ...context,
    send: (line) => isShaped(line) ? sendFrames(line, central, identity, cp.wire) : sendTexts(line, cp.wire, context),
    async disconnect() {
      await cp.disconnect("cut");
      await context.other?.disconnect("cut");
    },
  };
}

/** Registers and connects a charge point. */
async function connected(central: CentralSystem, operator: Operator, identity: string, fields: object) {
  await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0, ...fields });
  const cp = new ChargePoint(central, identity, { wellBehaved: false });
  await cp.connect();
  return cp;
}

type State = { transactionId?: number; other?: ChargePoint; messageId?: string; commandId?: string };

async function reachState(
  { pre }: Line,
  cp: ChargePoint,
  central: CentralSystem,
  operator: Operator,
): Promise<State> {
  if (pre === "new_pending") return {};
  await cp.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  switch (pre) {
    case "tx":
      return { transactionId: await start(cp) };
    case "tx_of_other_cp": {
      const other = await connected(central, operator, `${cp.identity}-OTHER`, {});
      return { transactionId: await start(other), other };
    }
    case "reconnected":
      await cp.reconnect();
      return {};
    case "cmd": {
      const { body } = await operator.start(cp.identity, "ClearCache", {}, "", "respond-async");
      return { messageId: (await cp.expectCall("ClearCache")).id, commandId: body.id };
    }
    default:
      return {};
  }
}

async function start(cp: ChargePoint): Promise<number> {
  const request = { connectorId: 1, idTag: "TAG-OK", meterStart: 100, timestamp: now() };
  return Number((await cp.call("StartTransaction", request)).transactionId);
}

async function sendTexts(line: Line, wire: Wire, context: Values): Promise<Outcome> {
  const texts = textsOf(line, context);
  const replies: string[] = [];
  for (const [at, text] of texts.entries()) {
    wire.sendText(text);
    if (line.send.pipelined && at < texts.length - 1) continue;
    const answered = await repliesBeforeMarker(wire, replies);
    if (!answered) return { replies, conn: "closed", closeCode: (await wire.closed).code };
  }
  return { replies, conn: "open" };
}

/** Sends a Heartbeat and adds the replies before its answer; returns false when the connection is closed instead. */
async function repliesBeforeMarker(wire: Wire, replies: string[]): Promise<boolean> {
  const marker = `marker-${crypto.randomUUID().slice(0, 8)}`;
  wire.send(2, marker, "Heartbeat", {});
  let isClosed = false;
  const closed = wire.closed.then(() => isClosed = true);
  for (;;) {
    const text = await wire.nextText("the answer to the Heartbeat after the line").catch(async (error) => {
      if (isClosed) return undefined;
      await within(closed, "the connection to close", () => String(error), 1000);
      return undefined;
    });
    if (text === undefined) return false;
    if (JSON.parse(text)[1] === marker) return true;
    replies.push(text);
  }
}

function isShaped({ send }: Line): boolean {
  return send.ws_raw !== undefined || send.ws_raw_stream !== undefined || send.binary_text !== undefined;
}

/** Sends the WebSocket frames of a line, over a new raw connection, which replaces the first one. */
async function sendFrames(line: Line, central: CentralSystem, identity: string, older: Wire): Promise<Outcome> {
  await using socket = await RawSocket.open(central.url);
  const { status } = await socket.ask(requestText(`/ocpp/${identity}`));
  if (status !== 101) throw new Error(`The handshake was answered with ${status}`);
  await within(older.closed, "the older connection to be closed");
  const { ws_raw, ws_raw_stream, binary_text } = line.send;
  if (ws_raw_stream) await sendWithoutEnd(socket, ws_raw_stream.first, ws_raw_stream.then);
  else if (binary_text !== undefined) await socket.send(frameBytes(binary_text, { opcode: OPCODE.binary }));
  else for (const frame of [ws_raw!].flat() as ShapedFrame[]) await socket.send(bytesOf(frame));
  await socket.send(frameBytes('[2,"marker","Heartbeat",{}]'));
  return await readReplies(socket);
}

async function readReplies(socket: RawSocket): Promise<Outcome> {
  const replies: string[] = [];
  let pong: string | undefined;
  for (;;) {
    const frame = await socket.frame().catch(async () => {
      await within(socket.closed, "the connection to be closed");
      return undefined;
    });
    if (!frame || frame.opcode === OPCODE.close) {
      return { replies, conn: "closed", closeCode: frame && closeCode(frame), pong };
    }
    const text = Buffer.from(frame.payload).toString();
    if (frame.opcode === OPCODE.pong) pong = text;
    else if (JSON.parse(text)[1] === "marker") return { replies, conn: "open", pong };
    else replies.push(text);
  }
}

async function sendWithoutEnd(socket: RawSocket, first: ShapedFrame, then: ShapedFrame): Promise<void> {
  await socket.send(bytesOf(first));
  const bytes = bytesOf(then);
  for (let sent = 0; sent < ENDLESS_BYTES; sent += bytes.length) await socket.send(bytes);
}

function bytesOf(frame: ShapedFrame): Uint8Array {
  const { payload = "", payload_hex, payload_repeat, fin, op, mask, rsv = 0, declared_len } = frame;
  const data = payload_repeat ? payload_repeat[0].repeat(payload_repeat[1]) : payload;
  const bytes = frameBytes(payload_hex === undefined ? data : Uint8Array.fromHex(payload_hex), {
    opcode: op,
    fin: fin === 1,
    masked: mask,
    length: declared_len,
  });
  bytes[0]! |= rsv << 4;
  return bytes;
}

/** Waits until the command has a state that `wanted` accepts; returns the command. */
export async function commandWhen(operator: Operator, id: string, wanted: (state: string) => boolean) {
  return await eventually(`the command ${id} has the expected state`, async () => {
    const command = await operator.get(`/v1/commands/${id}`);
    return wanted(command.state) ? command : undefined;
  });
}
