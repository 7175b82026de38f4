import type { ReactNode } from 'react';
import { required, TextInput } from 'react-admin';
import { CreatePage } from '../kit/index.ts';
import { RolesInput } from './roles-input.tsx';
import { usersPage } from './user.ts';

/** `#/users/create`: an account without a password, whose owner gets an email with a link to set one. */
export default function UserCreate(): ReactNode {
  return (
    <CreatePage
      title="Invite a user"
      parents={[usersPage]}
      resource="users"
      saveLabel="Send the invitation"
      done="The invitation was sent"
      next={({ id }) => `/users/${id}/show`}
      defaultValues={{ roles: ['user'] }}
      transform={({ email, displayName, roles }) => ({ email, displayName: displayName ?? null, roles })}
    >
      <TextInput source="email" type="email" validate={required()} autoComplete="off" />
      <TextInput source="displayName" label="Name" autoComplete="off" />
      <RolesInput />
    </CreatePage>
  );
}
