import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Device, DeviceSpec } from "../types";
import { DeviceForm, specOf } from "./device_form";

export function AddDevice({ given, onClose, onAdded }: { given?: DeviceSpec; onClose: () => void; onAdded: (device: Device) => void }) {
  const { t } = useI18n();
  const api = useApi();
  return (
    <DeviceForm
      title={t("add.title")}
      given={given ?? {}}
      existing={false}
      submit={t("add.submit")}
      onClose={onClose}
      onSubmit={async (form, kind) => onAdded(await api.addDevice(specOf(form, kind, given)))}
    />
  );
}
