import FingerprintIcon from '@mui/icons-material/Fingerprint';
import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import type { SubmitEvent, ReactNode } from 'react';
import { useState } from 'react';
import { browserPasskeys } from '../../../client/browser-passkeys.ts';
import { reauthenticateByPasskey } from '../../../client/passkeys.ts';
import { session } from '../api/session.ts';
import { FormField } from '../kit/form-field.tsx';
import { ProblemAlert } from '../kit/problem-alert.tsx';
import { hasPasskeys, outcomeOf, useLoginSteps } from './login-steps.ts';
import { readMe } from './permissions.ts';

/** Confirms a sensitive operation: by a passkey, by a code, or by the password of an account without a second factor. */
export function StepUpDialog({ onClose }: { onClose: (confirmed: boolean) => void }): ReactNode {
  const { data: me, error, refetch } = useQuery({ queryKey: ['me', 'step-up'], queryFn: readMe, staleTime: 0 });
  const [value, setValue] = useState('');
  const { message, busy, attempt } = useLoginSteps(({ kind }) => {
    if (kind === 'logged-in') onClose(true);
  });
  const factors = me?.mfa.methods ?? [];
  const usesCode = factors.includes('totp');
  const usesText = usesCode || (me !== undefined && factors.length === 0);
  const usesPasskey = factors.includes('passkey') && hasPasskeys;

  const confirm = async (step: Parameters<typeof outcomeOf>[0]): Promise<void> => {
    await attempt(async () => await outcomeOf(step));
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    // A portal of React: the form of the page below would receive the event, too.
    event.stopPropagation();
    void confirm(async () => await session.reauthenticate(usesCode ? { code: value.trim() } : { password: value }));
  };

  return (
    <Dialog
      open={me !== undefined || error !== null}
      onClose={() => {
        onClose(false);
      }}
      fullWidth
      maxWidth="xs"
      aria-labelledby="step-up"
    >
      <Stack component="form" onSubmit={submit} noValidate>
        <DialogTitle id="step-up">Confirm that it is you</DialogTitle>
        <DialogContent>
          <Stack spacing={2}>
            <Typography color="textSecondary">This operation requires a recent login.</Typography>
            <ProblemAlert error={error} onRetry={() => void refetch()} />
            {message !== undefined && <Alert severity="error">{message}</Alert>}
            {/* For programs that keep passwords. */}
            <input type="hidden" name="username" autoComplete="username" value={me?.email ?? ''} readOnly />
            {usesText && (
              <FormField
                label={usesCode ? 'Code of your authenticator app' : 'Password'}
                type={usesCode ? 'text' : 'password'}
                name={usesCode ? 'code' : 'password'}
                autoComplete={usesCode ? 'one-time-code' : 'current-password'}
                value={value}
                onChange={setValue}
                autoFocus
                required
              />
            )}
            {usesPasskey && (
              <Button
                variant="outlined"
                startIcon={<FingerprintIcon />}
                disabled={busy}
                onClick={() => void confirm(async () => await reauthenticateByPasskey(session, browserPasskeys))}
              >
                Use a passkey
              </Button>
            )}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button
            onClick={() => {
              onClose(false);
            }}
          >
            Cancel
          </Button>
          {usesText && (
            <Button type="submit" variant="contained" loading={busy} disabled={value.trim() === ''}>
              Confirm
            </Button>
          )}
        </DialogActions>
      </Stack>
    </Dialog>
  );
}
