using System.Runtime.ExceptionServices;

namespace Ddoq.Quantization;

/// <summary>Work on classes side by side. The error of the first failing class is the one that is thrown, as if they had run in order.</summary>
internal static class ClassLoop
{
    public static void Run(int count, int threads, Action<int> work)
    {
        if (threads == 1)
        {
            for (var c = 0; c < count; c++) work(c);
            return;
        }
        var errors = new ExceptionDispatchInfo?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, (c, loop) =>
        {
            try
            {
                work(c);
            }
            catch (Exception e)
            {
                errors[c] = ExceptionDispatchInfo.Capture(e);
                loop.Break(); // classes before this one still run, so that the error does not depend on timing
            }
        });
        errors.FirstOrDefault(e => e is not null)?.Throw();
    }
}
