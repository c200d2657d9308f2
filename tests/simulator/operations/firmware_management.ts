/** Firmware Management (OCPP 1.6 §5.9, §5.19): both operations start a job that reports its progress by itself. */
import type { Handler } from "./operation.ts";

/** Names the file that will be uploaded to the location, which is a folder. */
export const GetDiagnostics: Handler<{ location: string }> = ({ location }, { jobs }) => {
  const fileName = jobs.diagnosticsFileName();
  return { confirmation: { fileName }, afterwards: () => jobs.uploadDiagnostics(location, fileName) };
};

/** The confirmation is empty; all else is told by FirmwareStatusNotification. */
export const UpdateFirmware: Handler<{ location: string; retrieveDate: string }> = (
  { location, retrieveDate },
  { jobs },
) => ({ confirmation: {}, afterwards: () => jobs.updateFirmware(location, new Date(retrieveDate)) });
