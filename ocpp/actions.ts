/**
 * The table of all actions: 28 of OCPP 1.6 and 11 of the security extension, one line each. `import * as actions` gives it as a value.
 * `registry.ts` derives all names and types from it.
 */
export { Authorize } from "./core/authorize.ts";
export { BootNotification } from "./core/boot_notification.ts";
export { ChangeAvailability } from "./core/change_availability.ts";
export { ChangeConfiguration } from "./core/change_configuration.ts";
export { ClearCache } from "./core/clear_cache.ts";
export { DataTransfer } from "./core/data_transfer.ts";
export { GetConfiguration } from "./core/get_configuration.ts";
export { Heartbeat } from "./core/heartbeat.ts";
export { MeterValues } from "./core/meter_values.ts";
export { RemoteStartTransaction } from "./core/remote_start_transaction.ts";
export { RemoteStopTransaction } from "./core/remote_stop_transaction.ts";
export { Reset } from "./core/reset.ts";
export { StartTransaction } from "./core/start_transaction.ts";
export { StatusNotification } from "./core/status_notification.ts";
export { StopTransaction } from "./core/stop_transaction.ts";
export { UnlockConnector } from "./core/unlock_connector.ts";

export { DiagnosticsStatusNotification } from "./firmware_management/diagnostics_status_notification.ts";
export { FirmwareStatusNotification } from "./firmware_management/firmware_status_notification.ts";
export { GetDiagnostics } from "./firmware_management/get_diagnostics.ts";
export { UpdateFirmware } from "./firmware_management/update_firmware.ts";

export { GetLocalListVersion } from "./local_auth_list_management/get_local_list_version.ts";
export { SendLocalList } from "./local_auth_list_management/send_local_list.ts";

export { CancelReservation } from "./reservation/cancel_reservation.ts";
export { ReserveNow } from "./reservation/reserve_now.ts";

export { ClearChargingProfile } from "./smart_charging/clear_charging_profile.ts";
export { GetCompositeSchedule } from "./smart_charging/get_composite_schedule.ts";
export { SetChargingProfile } from "./smart_charging/set_charging_profile.ts";

export { TriggerMessage } from "./remote_trigger/trigger_message.ts";

export { CertificateSigned } from "./security/certificate_signed.ts";
export { DeleteCertificate } from "./security/delete_certificate.ts";
export { ExtendedTriggerMessage } from "./security/extended_trigger_message.ts";
export { GetInstalledCertificateIds } from "./security/get_installed_certificate_ids.ts";
export { GetLog } from "./security/get_log.ts";
export { InstallCertificate } from "./security/install_certificate.ts";
export { LogStatusNotification } from "./security/log_status_notification.ts";
export { SecurityEventNotification } from "./security/security_event_notification.ts";
export { SignCertificate } from "./security/sign_certificate.ts";
export { SignedFirmwareStatusNotification } from "./security/signed_firmware_status_notification.ts";
export { SignedUpdateFirmware } from "./security/signed_update_firmware.ts";
