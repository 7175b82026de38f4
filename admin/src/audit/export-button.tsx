import DownloadIcon from '@mui/icons-material/Download';
import type { ReactNode } from 'react';
import { useListContext } from 'react-admin';
import { DialogButton } from '../kit/index.ts';
import { ExportDialog } from './export-dialog.tsx';

/** Exports the events that the filters of the list show. */
export function ExportButton(): ReactNode {
  const filterValues: unknown = useListContext().filterValues;
  return (
    <DialogButton label="Export" startIcon={<DownloadIcon />}>
      {(close) => <ExportDialog filter={filterValues as Readonly<Record<string, unknown>>} onClose={close} />}
    </DialogButton>
  );
}
