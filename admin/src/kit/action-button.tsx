import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from '@mui/material';
import type { ButtonProps } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { useQueryClient } from '@tanstack/react-query';
import { IdempotencyKeys } from '../api/idempotency-keys.ts';
import { ProblemAlert } from './problem-alert.tsx';

interface ActionButtonProps extends Pick<ButtonProps, 'color' | 'size' | 'variant' | 'startIcon' | 'disabled'> {
  readonly label: string;
  /** What it does, for a dialog that is confirmed first; without it the button acts at once. */
  readonly confirm?: { readonly title: string; readonly text: ReactNode };
  /** Sends the request, with these keys: `await call({ …, keys })`. */
  readonly action: (keys: IdempotencyKeys) => Promise<unknown>;
  /** Shown after it. */
  readonly done: string;
  readonly onDone?: () => void;
}

/** A button that changes something on the service: asked for once, sent once, with its failure beside it. */
export function ActionButton({ label, confirm, action, done, onDone, ...button }: ActionButtonProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [keys, setKeys] = useState(() => new IdempotencyKeys());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const notify = useNotify();
  const queryClient = useQueryClient();

  const run = async (sent: IdempotencyKeys): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await action(sent);
      setOpen(false);
      notify(done, { type: 'success' });
      onDone?.();
      await queryClient.invalidateQueries();
    } catch (failure) {
      setError(failure);
      setOpen(true);
    } finally {
      setBusy(false);
    }
  };
  const start = (): void => {
    const fresh = new IdempotencyKeys();
    setKeys(fresh);
    setError(undefined);
    if (confirm === undefined) void run(fresh);
    else setOpen(true);
  };
  const close = (): void => {
    setOpen(false);
  };

  return (
    <>
      <Button {...button} loading={busy && !isOpen} onClick={start}>
        {label}
      </Button>
      <Dialog open={isOpen} onClose={close} fullWidth maxWidth="xs">
        <DialogTitle>{confirm?.title ?? label}</DialogTitle>
        <DialogContent>
          <ProblemAlert error={error} />
          {confirm && <DialogContentText component="div">{confirm.text}</DialogContentText>}
        </DialogContent>
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button variant="contained" color={button.color ?? 'primary'} loading={busy} onClick={() => void run(keys)}>
            {error === undefined ? label : 'Try again'}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
