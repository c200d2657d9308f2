import { z } from "zod";

/** 7.37 RegistrationStatus: the boot status. The Central System may send commands to a Pending charge point, but not to a Rejected one. */
export const RegistrationStatus = z.enum(["Accepted", "Pending", "Rejected"]);

/** One of the three values of RegistrationStatus. */
export type RegistrationStatus = z.infer<typeof RegistrationStatus>;
