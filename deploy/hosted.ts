/**
 * The entry for hosting where a program is only `export default { fetch }`, e.g. `deno serve deploy/hosted.ts`. It speaks to charge points
 * through Deno's own WebSockets; the operation guide names what that transport cannot do. Such hosts keep no files and so need DATABASE_URL. Where it
 * listens is the host's business, not that of our settings.
 */
import { createHttpApi } from "../api/http_api.ts";
import { DenoEndpoint } from "../api/ocpp/transport_deno.ts";
import { openApp, settingsOrExit } from "../main.ts";
import { isEndpoint } from "../ocpp/handshake.ts";
import { endOnFailure, endOnSignal, failToStart, firstSignal, guard, refuseToStart } from "../api/process.ts";

const settings = settingsOrExit();
if (settings.databaseUrl === null) {
  refuseToStart(["DATABASE_URL: it is not set; a host keeps no files, so that no database can be started on it"]);
}
const app = await openApp({ ...settings, ftpPort: null, ftpsPort: null }).catch(failToStart);
const httpApi = createHttpApi(app);
const endpoint = new DenoEndpoint(app, settings);
guard();
if (app.newAdminKey) console.log(`The admin key, shown only this once: ${app.newAdminKey}`);
endOnFailure(app, endpoint);
try {
  endOnSignal(app, endpoint, firstSignal());
} catch {
  // A host without signals ends us as it likes: every confirmation that went out is committed.
}

export default {
  fetch(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    const address = info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "unknown";
    // In the form in which the bridge to node:http tells it.
    const env = { incoming: { socket: { remoteAddress: address } } };
    if (!isEndpoint(new URL(request.url).pathname)) return httpApi.fetch(request, env);
    return endpoint.answer(request, address);
  },
} satisfies Deno.ServeDefaultExport;
