import { apiKeyRoutes } from "./api_keys.ts";
import { chargePointRoutes } from "./charge_points.ts";
import { commandRoutes } from "./commands.ts";
import { configurationRoutes } from "./configuration.ts";
import { connectorRoutes } from "./connectors.ts";
import { credentialRoutes } from "./credentials.ts";
import { healthRoutes } from "./health.ts";
import { idTagRoutes } from "./id_tags.ts";
import { meterValueRoutes } from "./meter_values.ts";
import type { Route } from "./route.ts";
import { transactionRoutes } from "./transactions.ts";

/** Every route of the API, in the order of the OpenAPI document, which is itself the only one that is not in here. */
export const routes: readonly Route[] = [
  ...chargePointRoutes,
  ...credentialRoutes,
  ...connectorRoutes,
  ...configurationRoutes,
  ...commandRoutes,
  ...idTagRoutes,
  ...transactionRoutes,
  ...meterValueRoutes,
  ...apiKeyRoutes,
  ...healthRoutes,
];
