import type { ReactNode } from 'react';
import { TextInput, useGetIdentity } from 'react-admin';
import { useParams } from 'react-router';
import { EditPage } from '../kit/index.ts';
import { RolesInput } from './roles-input.tsx';
import { usersPage } from './user.ts';

/** `#/users/{id}`. */
export default function UserEdit(): ReactNode {
  const { id = '' } = useParams();
  const { identity } = useGetIdentity();
  return (
    <EditPage
      title="Edit the user"
      parents={[usersPage, { label: 'User', to: `/users/${id}/show` }]}
      resource="users"
      id={id}
      done="The user was saved"
      next={() => `/users/${id}/show`}
    >
      <TextInput
        source="displayName"
        label="Name"
        parse={(text: string) => (text === '' ? null : text)}
        autoComplete="off"
      />
      <RolesInput disabled={identity?.id === id} />
    </EditPage>
  );
}
