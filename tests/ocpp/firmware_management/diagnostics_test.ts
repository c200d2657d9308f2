import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { COMMAND_STATES, type EndedCommand, endOf } from "../../../ocpp/command_end.ts";
import {
  type DiagnosticsEvidence,
  diagnosticsState,
  statusesReplacedBy,
  type UploadStatus,
} from "../../../ocpp/firmware_management/diagnostics.ts";

const sent: DiagnosticsEvidence = { end: undefined, status: null, isReceived: false, isOver: false };

const ended = (command: Omit<EndedCommand, "action">) => ({ end: endOf({ action: "GetDiagnostics", ...command }) });
const confirmed = (confirmation: object) => ended({ state: "answered", confirmation });
const answered = { ...sent, ...confirmed({ fileName: "a.zip" }) };

Deno.test("the state of a diagnostics request follows from its evidence", () => {
  const cases: [Partial<DiagnosticsEvidence>, string][] = [
    [ended({ state: "queued" }), "requested"],
    [ended({ state: "sent" }), "requested"],
    [ended({ state: "cancelled" }), "notSent"],
    [ended({ state: "expired" }), "notSent"],
    [ended({ state: "connectionLost", sentAt: null }), "notSent"],
    [ended({ state: "connectionLost" }), "timedOut"],
    [ended({ state: "timedOut" }), "timedOut"],
    [ended({ state: "unknown" }), "timedOut"],
    [{ ...ended({ state: "unknown" }), isOver: true }, "expired"],
    [ended({ state: "callError", error: { code: "InternalError" } }), "refused"],
    [ended({ state: "callError", error: { code: "NotSupported" } }), "refused"],
    [ended({ state: "invalidAnswer" }), "refused"],
    [confirmed({}), "nothingToSend"],
    [answered, "accepted"],
    [ended({ state: "timedOut", lateAnswer: { confirmation: { fileName: "a.zip" } } }), "accepted"],
    [{ ...answered, isOver: true }, "expired"],
    [{ ...answered, status: "Uploading" }, "uploading"],
    [{ ...answered, status: "Uploading", isOver: true }, "expired"],
    [{ ...answered, status: "UploadFailed", isOver: true }, "uploadFailed"],
    [{ ...answered, status: "Uploaded", isOver: true }, "uploaded"],
    [{ ...answered, isReceived: true, status: "UploadFailed" }, "received"],
    [{ ...ended({ state: "timedOut" }), status: "Uploading" }, "uploading"],
  ];
  for (const [evidence, state] of cases) {
    assertEquals(diagnosticsState({ ...sent, ...evidence }), state, JSON.stringify(evidence));
  }
});

Deno.test("a received file takes precedence over all other evidence", () => {
  const evidence = fc.record({
    state: fc.constantFrom(...COMMAND_STATES),
    sentAt: fc.constantFrom(null, new Date()),
    confirmation: fc.constantFrom({}, { fileName: "a.zip" }),
    status: fc.constantFrom(null, "Uploading" as const, "UploadFailed" as const, "Uploaded" as const),
    isOver: fc.boolean(),
  });
  fc.assert(fc.property(evidence, ({ status, isOver, ...command }) => {
    const known = { ...ended(command), status, isOver };
    assertEquals(diagnosticsState({ ...known, isReceived: true }), "received");
    assert(diagnosticsState({ ...known, isReceived: false }) !== "received");
  }));
});

Deno.test("Uploaded is final, also when other statuses come later", () => {
  const statuses = fc.array(fc.constantFrom("Idle", "Uploading", "UploadFailed", "Uploaded", "Whatever"));
  fc.assert(fc.property(statuses, (reports) => {
    let status: UploadStatus | null = null;
    for (const report of reports) if (statusesReplacedBy(report)?.includes(status)) status = report as UploadStatus;
    const known = reports.filter((report) => statusesReplacedBy(report) !== undefined);
    assertEquals(status === null, known.length === 0);
    if (known.includes("Uploaded")) assertEquals(status, "Uploaded");
    else if (known.length > 0) assertEquals(status, known.at(-1));
  }));
});
