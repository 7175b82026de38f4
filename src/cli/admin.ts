import { isEmail } from 'class-validator';
import { AdministratorsService } from '../features/auth/administrators.service.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

await applicationCommand({
  readArguments,
  work: async (app, email) => {
    const link = await app.get(AdministratorsService).create(email);
    if (link === undefined) {
      console.log(`${email} has an account, and is an administrator now. The password stays as it is.`);
    } else {
      console.log(`${email} is an administrator. This link sets the password; it works once:\n${link}`);
    }
    return 0;
  },
});

function readArguments(): string {
  const [verb, email, ...others] = process.argv.slice(2);
  if (verb === 'create' && email !== undefined && others.length === 0 && isEmail(email)) return email;
  throw new UsageError('Usage: npm run admin -- create <e-mail address>');
}
