import { Button, Dialog, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useGetIdentity } from 'react-admin';
import { announce, setShownUser } from '../api/session.ts';
import { LoginForm } from './login-form.tsx';
import { LoginFrame, loginTitleId } from './login-page.tsx';
import { readMe } from './permissions.ts';

/** Covers the page, which keeps what was typed, until its user has logged in again. */
export function SessionEndedDialog({ onClose }: { onClose: (loggedIn: boolean) => void }): ReactNode {
  const { identity } = useGetIdentity();
  const continueAsSameUser = async (): Promise<void> => {
    announce('logged-in');
    const { id } = await readMe();
    // The page below belongs to another user.
    if (identity !== undefined && id !== identity.id) location.reload();
    else onClose(true);
  };
  return (
    <Dialog open fullScreen aria-labelledby={loginTitleId}>
      <LoginFrame title="Log in again">
        <Typography color="textSecondary">Your session has ended. What you typed is kept.</Typography>
        <LoginForm email={String(identity?.['email'] ?? '')} onLogin={() => void continueAsSameUser()} />
        <Button
          onClick={() => {
            setShownUser(undefined);
            onClose(false);
          }}
        >
          Leave the page
        </Button>
      </LoginFrame>
    </Dialog>
  );
}
