/** Firmware Management (OCPP 1.6 §5.9, §5.19): both operations start a job that reports its progress. */
import type { Handler } from "./operation.ts";

/** Returns the name of the file, and then uploads it to the folder `location`. */
export const GetDiagnostics: Handler<{ location: string }> = ({ location }, { jobs }) => {
  const fileName = jobs.diagnosticsFileName();
  return { confirmation: { fileName }, afterwards: () => jobs.uploadDiagnostics(location, fileName) };
};

/** Confirms, and then updates the firmware with reports by FirmwareStatusNotification. */
export const UpdateFirmware: Handler<{ location: string; retrieveDate: string }> = (
  { location, retrieveDate },
  { jobs },
) => ({ confirmation: {}, afterwards: () => jobs.updateFirmware(location, new Date(retrieveDate)) });
