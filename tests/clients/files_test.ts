/** The simulated charge point downloads its firmware from the Central System and uploads its diagnostics to it. */
import { assertEquals } from "@std/assert";
import { formWith } from "../api/resources/firmware_management/walk.ts";
import { Operator } from "../conformance/operator.ts";
import { startCentralSystem } from "../harness.ts";
import { CERTIFICATE } from "../sessions/firmware_management/ftp_connections.ts";
import { simulateChargePoint } from "../simulator/charge_point.ts";

Deno.test("the simulator downloads firmware and uploads diagnostics over HTTP", async () => {
  await using central = await startCentralSystem();
  const operator = new Operator(central);
  await operator.put("/v1/charge-points/SIM", { securityProfile: 0 });
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "SIM", stepMs: 10 });
  await chargePoint.boot();

  const { body: { id } } = await operator.request("POST", "/v1/diagnostics", { chargePoint: "SIM" });
  const { file, fileName } = await operator.until(`/v1/diagnostics/${id}`, ({ state, status }) => {
    return state === "received" && status === "Uploaded";
  });
  assertEquals([file.name, fileName], ["diagnostics-1.log", "diagnostics-1.log"]);
  const { body: log } = await operator.request("GET", `/v1/diagnostics/${id}/file`);
  assertEquals(/Z SIM runs /.test(log), true, log);

  const { body: image } = await operator.request("POST", "/v1/files", formWith(new Uint8Array(300_000), "sim-9.9.bin"));
  const options = { chargePoint: "SIM", once: true };
  const { body: { location } } = await operator.request("POST", `/v1/files/${image.id}/addresses`, options);
  await operator.start("SIM", "UpdateFirmware", { location, retrieveDate: new Date().toISOString() });
  const path = "/v1/charge-points/SIM/firmware-update";
  const { version } = await operator.until(path, ({ status }) => status === "Installed");
  assertEquals(version, "sim-9.9");

  await operator.start("SIM", "UpdateFirmware", { location, retrieveDate: new Date().toISOString() });
  await operator.until(path, ({ status }) => status === "DownloadFailed");
});

Deno.test("the simulator downloads firmware and uploads diagnostics over FTP and FTPS, each address once", async () => {
  const free = [0, 0].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const [ftpPort, ftpsPort] = free.map(({ addr }) => addr.port) as [number, number];
  for (const listener of free) listener.close();
  const ports = { ftpPort, ftpsPort, ftpPassivePorts: "20000-29999" };
  await using central = await startCentralSystem({ ...ports, ...CERTIFICATE });
  const operator = new Operator(central);
  await operator.put("/v1/charge-points/SIM", { securityProfile: 0 });
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "SIM", stepMs: 10, rebootMs: 10 });
  await chargePoint.boot();
  for (const scheme of ["ftp", "ftps"]) {
    const { body: { id } } = await operator.request("POST", "/v1/diagnostics", { chargePoint: "SIM", scheme });
    await operator.until(`/v1/diagnostics/${id}`, ({ state, status }) => state === "received" && status === "Uploaded");

    const { body: image } = await operator.request(
      "POST",
      "/v1/files",
      formWith(new Uint8Array(300_000), `${scheme}-9.bin`),
    );
    const options = { chargePoint: "SIM", scheme, once: true };
    const { body: { location } } = await operator.request("POST", `/v1/files/${image.id}/addresses`, options);
    const update = { location, retrieveDate: new Date().toISOString() };
    await operator.start("SIM", "UpdateFirmware", update);
    const path = "/v1/charge-points/SIM/firmware-update";
    await operator.until(path, ({ status, version }) => status === "Installed" && version === `${scheme}-9`);
    await operator.start("SIM", "UpdateFirmware", update);
    await operator.until(path, ({ status }) => status === "DownloadFailed");
  }
});
