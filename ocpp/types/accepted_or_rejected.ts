import { z } from "zod";

/** The answer of every request that is either accepted or not, with nothing between (RemoteStartStopStatus, ResetStatus and others). */
export const AcceptedOrRejected = z.enum(["Accepted", "Rejected"]);
