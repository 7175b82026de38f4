import DownloadIcon from '@mui/icons-material/Download';
import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useListContext } from 'react-admin';
import { ExportDialog } from './export-dialog.tsx';

/** Exports the events that the filters of the list show. */
export function ExportButton(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const filterValues: unknown = useListContext().filterValues;
  return (
    <>
      <Button
        variant="outlined"
        style={{ flex: '0 0 auto' }}
        startIcon={<DownloadIcon />}
        onClick={() => {
          setOpen(true);
        }}
      >
        Export
      </Button>
      {isOpen && (
        <ExportDialog
          filter={filterValues as Readonly<Record<string, unknown>>}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
