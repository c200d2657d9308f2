import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type DiagnosticsFacts,
  diagnosticsState,
  replacedBy,
  type UploadStatus,
} from "../../../ocpp/firmware_management/diagnostics.ts";

const sent: DiagnosticsFacts = {
  commandState: "sent",
  wasSent: true,
  fileName: null,
  status: null,
  isReceived: false,
  isOver: false,
};

const answered = { ...sent, commandState: "answered", fileName: "a.zip" };

Deno.test("a request for diagnostics stands where the facts put it", () => {
  const cases: [Partial<DiagnosticsFacts>, string][] = [
    [{ commandState: "queued", wasSent: false }, "requested"],
    [{}, "requested"],
    [{ commandState: "cancelled", wasSent: false }, "notSent"],
    [{ commandState: "expired", wasSent: false }, "notSent"],
    [{ commandState: "connectionLost", wasSent: false }, "notSent"],
    [{ commandState: "connectionLost" }, "timedOut"],
    [{ commandState: "timedOut" }, "timedOut"],
    [{ commandState: "unknown" }, "timedOut"],
    [{ commandState: "unknown", isOver: true }, "expired"],
    [{ commandState: "callError" }, "refused"],
    [{ commandState: "invalidAnswer" }, "refused"],
    [{ commandState: "answered" }, "nothingToSend"],
    [answered, "accepted"],
    [{ ...answered, isOver: true }, "expired"],
    [{ ...answered, status: "Uploading" }, "uploading"],
    [{ ...answered, status: "Uploading", isOver: true }, "expired"],
    [{ ...answered, status: "UploadFailed", isOver: true }, "uploadFailed"],
    [{ ...answered, status: "Uploaded", isOver: true }, "uploaded"],
    [{ ...answered, isReceived: true, status: "UploadFailed" }, "received"],
    [{ commandState: "timedOut", status: "Uploading" }, "uploading"],
  ];
  for (const [facts, state] of cases) {
    assertEquals(diagnosticsState({ ...sent, ...facts }), state, JSON.stringify(facts));
  }
});

Deno.test("a file that is here counts whatever else is known", () => {
  const facts = fc.record({
    commandState: fc.constantFrom("queued", "sent", "answered", "callError", "timedOut", "unknown", "expired"),
    wasSent: fc.boolean(),
    fileName: fc.option(fc.string()),
    status: fc.constantFrom(null, "Uploading", "UploadFailed", "Uploaded"),
    isOver: fc.boolean(),
  });
  fc.assert(fc.property(facts, (facts) => {
    const known = facts as DiagnosticsFacts;
    assertEquals(diagnosticsState({ ...known, isReceived: true }), "received");
    assert(diagnosticsState({ ...known, isReceived: false }) !== "received");
  }));
});

Deno.test("once uploaded it stays so, however late and often the other statuses come", () => {
  const statuses = fc.array(fc.constantFrom("Idle", "Uploading", "UploadFailed", "Uploaded", "Whatever"));
  fc.assert(fc.property(statuses, (reports) => {
    let status: UploadStatus | null = null;
    for (const report of reports) if (replacedBy(report)?.includes(status)) status = report as UploadStatus;
    const known = reports.filter((report) => replacedBy(report) !== undefined);
    assertEquals(status === null, known.length === 0);
    if (known.includes("Uploaded")) assertEquals(status, "Uploaded");
    else if (known.length > 0) assertEquals(status, known.at(-1));
  }));
});
