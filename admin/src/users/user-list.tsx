import AddIcon from '@mui/icons-material/Add';
import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import { DateInput, SelectInput, TextInput } from 'react-admin';
import { Link } from 'react-router';
import { useHasPermission } from '../auth/permissions.ts';
import type { Column } from '../kit/index.ts';
import { ListPage, ListTable, Muted, StatusChip, TimeText } from '../kit/index.ts';
import { ImportButton } from './import-button.tsx';
import type { User } from './user.ts';
import { nameOf, roleChoices, statusChoices, statusTones } from './user.ts';

const columns: readonly Column<User>[] = [
  { label: 'Name', render: nameOf },
  { label: 'Email', sortBy: 'email', render: ({ email }) => email },
  { label: 'Roles', render: ({ roles }) => (roles.length === 0 ? <Muted>none</Muted> : roles.join(', ')) },
  { label: 'Status', render: ({ status }) => <StatusChip value={status} tones={statusTones} /> },
  { label: 'Created', sortBy: 'createdAt', render: ({ createdAt }) => <TimeText value={createdAt} /> },
];

const filters = (
  <>
    <TextInput source="email" label="Email begins with" helperText={false} resettable />
    <SelectInput source="role" choices={roleChoices} helperText={false} />
    <SelectInput source="status" choices={statusChoices} helperText={false} />
    <DateInput source="createdAfter" label="Created after" helperText={false} parse={startOfDay} format={dayOf} />
    <DateInput source="createdBefore" label="Created before" helperText={false} parse={startOfDay} format={dayOf} />
  </>
);

/** `#/users`. */
export default function UserList(): ReactNode {
  const canInvite = useHasPermission('users:write');
  const canImport = useHasPermission('users:import');
  const invite = (
    <Button component={Link} to="/users/create" variant="contained" startIcon={<AddIcon />}>
      Invite a user
    </Button>
  );
  return (
    <ListPage
      title="Users"
      resource="users"
      sort={{ field: 'createdAt', order: 'DESC' }}
      filters={filters}
      empty="No user matches these filters."
      actions={
        <>
          {canImport && <ImportButton />}
          {canInvite && invite}
        </>
      }
    >
      <ListTable<User> label="Users" columns={columns} linkTo={({ id }) => `/users/${id}/show`} />
    </ListPage>
  );
}

/** The API filters by times: a day begins at midnight of the browser's zone. */
function startOfDay(day: string): string | undefined {
  return day === '' ? undefined : new Date(`${day}T00:00`).toISOString();
}

function dayOf(time: string | undefined): string {
  if (time === undefined || time === '') return '';
  const date = new Date(time);
  const part = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())}`;
}
