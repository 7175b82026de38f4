import { Alert } from '@mui/material';
import type { ReactNode } from 'react';
import { useAccess } from '../auth/permissions.ts';
import { Page, Pending, Tabs } from '../kit/index.ts';
import { ApiKeysTab } from './api-keys-tab.tsx';
import { DataTab } from './data-tab.tsx';
import { EventsTab } from './events-tab.tsx';
import { IdentitiesTab } from './identities-tab.tsx';
import { useMe } from './me.ts';
import { ProfileTab } from './profile-tab.tsx';
import { SecurityTab } from './security-tab.tsx';
import { SessionsTab } from './sessions-tab.tsx';

/** `#/account`: what users manage themselves, whatever their permissions. */
export default function AccountPage(): ReactNode {
  const { mustEnrol } = useAccess();
  const { data: me, error, refetch } = useMe();
  if (me === undefined) {
    return (
      <Page title="Your account">
        <Pending error={error} refetch={refetch} />
      </Page>
    );
  }
  const tabs = [
    { name: 'profile', label: 'Profile', content: () => <ProfileTab me={me} /> },
    { name: 'security', label: 'Password and factors', content: () => <SecurityTab me={me} /> },
    { name: 'sessions', label: 'Sessions', content: () => <SessionsTab /> },
    { name: 'api-keys', label: 'API keys', content: () => <ApiKeysTab me={me} /> },
    { name: 'identities', label: 'Linked accounts', content: () => <IdentitiesTab /> },
    { name: 'events', label: 'Security events', content: () => <EventsTab /> },
    { name: 'data', label: 'Your data', content: () => <DataTab me={me} /> },
  ];
  return (
    <Page title="Your account">
      {mustEnrol && (
        <Alert severity="warning" sx={{ mb: 2 }}>
          Your role requires a second factor. Add an authenticator app or a passkey to use the console.
        </Alert>
      )}
      <Tabs label="Parts of your account" tabs={tabs} />
    </Page>
  );
}
