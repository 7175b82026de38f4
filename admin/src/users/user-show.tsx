import EditIcon from '@mui/icons-material/EditOutlined';
import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import { useGetOne } from 'react-admin';
import { Link, useParams } from 'react-router';
import type { ApiError } from '../api/index.ts';
import { useAccess } from '../auth/permissions.ts';
import { Page, Pending, StatusChip, Tabs } from '../kit/index.ts';
import { ApiKeysTab } from './api-keys-tab.tsx';
import { AuditTab } from './audit-tab.tsx';
import { DeletedUser } from './deleted-user.tsx';
import { IdentitiesTab } from './identities-tab.tsx';
import { JobsTab } from './jobs-tab.tsx';
import { ProfileTab } from './profile-tab.tsx';
import { SessionsTab } from './sessions-tab.tsx';
import type { User } from './user.ts';
import { nameOf, statusTones, usersPage } from './user.ts';

/** `#/users/{id}/show`. */
export default function UserShow(): ReactNode {
  const { id = '' } = useParams();
  const { data: user, error, refetch } = useGetOne<User, ApiError>('users', { id }, { retry: false });
  const { permissions } = useAccess();
  if (error?.status === 404) return <DeletedUser id={id} />;
  if (user === undefined) {
    return (
      <Page title="User" parents={[usersPage]}>
        <Pending error={error} refetch={refetch} />
      </Page>
    );
  }
  const edit = (
    <Button component={Link} to={`/users/${id}`} variant="outlined" startIcon={<EditIcon />}>
      Edit
    </Button>
  );
  const tabs = [
    { name: 'profile', label: 'Profile', permission: 'users:read', content: () => <ProfileTab user={user} /> },
    { name: 'sessions', label: 'Sessions', permission: 'sessions:read', content: () => <SessionsTab userId={id} /> },
    { name: 'audit', label: 'Audit events', permission: 'audit:read', content: () => <AuditTab userId={id} /> },
    { name: 'jobs', label: 'Jobs', permission: 'jobs:read', content: () => <JobsTab userId={id} /> },
    { name: 'api-keys', label: 'API keys', permission: 'users:read', content: () => <ApiKeysTab userId={id} /> },
    { name: 'identities', label: 'Identities', permission: 'users:read', content: () => <IdentitiesTab userId={id} /> },
  ];
  return (
    <Page
      title={nameOf(user)}
      mark={<StatusChip value={user.status} tones={statusTones} />}
      parents={[usersPage]}
      actions={permissions.includes('users:write') && edit}
    >
      <Tabs label="Parts of the user" tabs={tabs.filter(({ permission }) => permissions.includes(permission))} />
    </Page>
  );
}
