import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode, SubmitEvent } from 'react';
import { useState } from 'react';
import { clearCursors } from '../api/cursors.ts';
import { ApiError, IdempotencyKeys } from '../api/index.ts';
import { ProblemAlert } from './problem-alert.tsx';

interface FormDialogProps {
  readonly title: string;
  readonly submitLabel: string;
  readonly onClose: () => void;
  /** Sends the request, with these keys. */
  readonly onSubmit: (keys: IdempotencyKeys) => Promise<void>;
  readonly disabled?: boolean;
  /** The fields, with the message that the service gave for each. */
  readonly children: (errorOf: (field: string) => string | undefined) => ReactNode;
}

/** A dialog with a form that sends one request; its content stays when the request fails. */
export function FormDialog({ title, submitLabel, onClose, onSubmit, disabled, children }: FormDialogProps): ReactNode {
  const [keys] = useState(() => new IdempotencyKeys());
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const queryClient = useQueryClient();

  const send = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(keys);
      clearCursors();
      await queryClient.invalidateQueries();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    // A portal of React: a form of the page below would receive the event, too.
    event.stopPropagation();
    if (!busy) void send();
  };
  const errorOf = (field: string): string | undefined =>
    error instanceof ApiError ? error.body.errors?.[field] : undefined;

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs" aria-labelledby="form-dialog">
      <Stack component="form" onSubmit={submit} noValidate sx={{ minHeight: 0 }}>
        <DialogTitle id="form-dialog">{title}</DialogTitle>
        <DialogContent>
          <ProblemAlert error={error} />
          <Stack sx={{ pt: 1, gap: 2 }}>{children(errorOf)}</Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={busy} disabled={disabled ?? false}>
            {submitLabel}
          </Button>
        </DialogActions>
      </Stack>
    </Dialog>
  );
}
