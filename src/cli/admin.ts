import { isEmail } from 'class-validator';
import { AccountDisabled, AdministratorsService } from '../features/auth/administrators.service.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

await applicationCommand({
  readArguments,
  work: async (app, email) => {
    const link = await created(app.get(AdministratorsService), email);
    if (link === undefined) {
      console.log(`${email} has an account, and is an administrator now. The password stays as it is.`);
    } else {
      console.log(`${email} is an administrator. This link sets the password; it works once:\n${link}`);
    }
    return 0;
  },
});

async function created(administrators: AdministratorsService, email: string): Promise<string | undefined> {
  try {
    return await administrators.create(email);
  } catch (error) {
    throw error instanceof AccountDisabled ? new UsageError(error.message) : error;
  }
}

function readArguments(): string {
  const [verb, email, ...others] = process.argv.slice(2);
  if (verb === 'create' && email !== undefined && others.length === 0 && isEmail(email)) return email;
  throw new UsageError('Usage: npm run admin -- create <e-mail address>');
}
