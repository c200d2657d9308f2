/**
 * The entry point for platforms that run a program's `export default { fetch }`, e.g. `deno serve deploy/hosted.ts`. Charge points
 * connect through Deno's own WebSockets; the operation guide names what that transport cannot do. Such platforms keep no files, so that
 * DATABASE_URL is required. The platform decides where it listens, not our settings.
 */
import { createHttpApi } from "../api/http_api.ts";
import { DenoEndpoint } from "../api/ocpp/transport_deno.ts";
import { openApp, settingsOrExit } from "../main.ts";
import { isEndpoint } from "../ocpp/handshake.ts";
import {
  endOnFailure,
  endOnSignal,
  failToStart,
  firstSignal,
  logUncaughtErrors,
  refuseToStart,
} from "../api/process.ts";

const settings = settingsOrExit();
if (settings.databaseUrl === null) {
  refuseToStart(["DATABASE_URL: it is not set; set it, because the platform keeps no files for a database of our own"]);
}
const app = await openApp({ ...settings, ftpPort: null, ftpsPort: null }).catch(failToStart);
const httpApi = createHttpApi(app);
const endpoint = new DenoEndpoint(app, settings);
logUncaughtErrors();
if (app.newAdminKey) console.log(`The admin key, shown only this once: ${app.newAdminKey}`);
endOnFailure(app, endpoint);
try {
  endOnSignal(app, endpoint, firstSignal());
} catch {
  // A platform without signals may end the process at any time. That is safe: a confirmation is sent after its commit.
}

export default {
  fetch(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    const address = info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "unknown";
    // The same form as in the bridge to node:http.
    const env = { incoming: { socket: { remoteAddress: address } } };
    if (!isEndpoint(new URL(request.url).pathname)) return httpApi.fetch(request, env);
    return endpoint.answer(request, address);
  },
} satisfies Deno.ServeDefaultExport;
