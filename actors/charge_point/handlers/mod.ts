/**
 * All handlers, by action. An action that charge points send must have one, which the compiler checks. An action that the Central System
 * sends has one only if something must be recorded.
 */
import type { FromCentralSystem, FromChargePoint } from "../../../ocpp/registry.ts";
import type { CallHandler, Handler } from "../handler_context.ts";
import { Authorize } from "./authorize.ts";
import { BootNotification } from "./boot_notification.ts";
import { ChangeAvailability } from "./change_availability.ts";
import { ChangeConfiguration } from "./change_configuration.ts";
import { ClearChargingProfile } from "./clear_charging_profile.ts";
import { DataTransfer } from "./data_transfer.ts";
import { DiagnosticsStatusNotification } from "./diagnostics_status_notification.ts";
import { FirmwareStatusNotification, SignedFirmwareStatusNotification } from "./firmware_status_notification.ts";
import { GetConfiguration } from "./get_configuration.ts";
import { GetDiagnostics } from "./get_diagnostics.ts";
import { GetLocalListVersion } from "./get_local_list_version.ts";
import { Heartbeat } from "./heartbeat.ts";
import { MeterValues } from "./meter_values.ts";
import { RemoteStartTransaction } from "./remote_start_transaction.ts";
import { SetChargingProfile } from "./set_charging_profile.ts";
import { SendLocalList } from "./send_local_list.ts";
import { CancelReservation, ReserveNow } from "./reservation.ts";
import { SignCertificate } from "./sign_certificate.ts";
import { StartTransaction } from "./start_transaction.ts";
import { StatusNotification } from "./status_notification.ts";
import { LogStatusNotification, SecurityEventNotification } from "./status_reports.ts";
import { StopTransaction } from "./stop_transaction.ts";
import { SignedUpdateFirmware, UpdateFirmware } from "./update_firmware.ts";

/** The handlers of the actions that charge points send. */
export const handlers: { readonly [N in FromChargePoint]: Handler<N> } = {
  Authorize,
  BootNotification,
  DataTransfer,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  Heartbeat,
  LogStatusNotification,
  MeterValues,
  SecurityEventNotification,
  SignCertificate,
  SignedFirmwareStatusNotification,
  StartTransaction,
  StatusNotification,
  StopTransaction,
};

/** The handlers of actions that the Central System sends. */
export const callHandlers: { readonly [N in FromCentralSystem]?: CallHandler<N> } = {
  CancelReservation,
  ChangeAvailability,
  ChangeConfiguration,
  ClearChargingProfile,
  GetConfiguration,
  GetDiagnostics,
  GetLocalListVersion,
  RemoteStartTransaction,
  SetChargingProfile,
  SendLocalList,
  SignedUpdateFirmware,
  UpdateFirmware,
  ReserveNow,
};
