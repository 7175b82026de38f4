/** Returns a function that sets the environment variables of this process to what they are now. */
export function keepEnvironment(): () => void {
  const variables = { ...process.env };
  return () => {
    for (const name of Object.keys(process.env))
      if (!Object.hasOwn(variables, name)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, variables);
  };
}
