using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Brings a test set's labels to the class order of the set that was trained on. Classes are matched by name.</summary>
public static class ClassMatching
{
    /// <summary>The test set with labels in the order of <paramref name="classNames"/>; itself if the order is the same. It may lack classes, but not hold others.</summary>
    /// <param name="classNames">Class names of the training set, in label order.</param>
    /// <param name="test">The test set.</param>
    /// <exception cref="BadInputException">The test set has images of a class that the training set does not know.</exception>
    public static IImageDataset Align(IReadOnlyList<string> classNames, IImageDataset test)
    {
        if (test.ClassNames.SequenceEqual(classNames, StringComparer.Ordinal)) return test;
        var place = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < classNames.Count; i++) place[classNames[i]] = i;
        RequireKnown(classNames, test, place);
        var map = test.ClassNames.Select(name => place.GetValueOrDefault(name, -1)).ToArray();
        return new RelabelledDataset(test, classNames, map);
    }

    /// <summary>Refuses a test set whose images have another shape than the training set's.</summary>
    /// <exception cref="BadInputException">The shapes differ.</exception>
    public static void RequireShape(ImageShape shape, IImageDataset test)
    {
        if (test.Shape == shape) return;
        throw new BadInputException($"the images of '{test.Name}' are {test.Shape}, but {shape} is needed (channels x height x width). Give a set of that shape, or pass --image-size.");
    }

    private static void RequireKnown(IReadOnlyList<string> classNames, IImageDataset test, Dictionary<string, int> place)
    {
        var used = new HashSet<int>(test.Labels.ToArray());
        var unknown = test.ClassNames.Where((name, label) => used.Contains(label) && !place.ContainsKey(name)).ToArray();
        if (unknown.Length == 0) return;
        throw new BadInputException($"test set '{test.Name}' has {(unknown.Length == 1 ? "a class" : $"{unknown.Length} classes")} that the training set does not know: {List(unknown)}. The training set has {classNames.Count} classes: {List(classNames)}. Rename or remove the class in the test set.");
    }

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(12).Select(n => $"'{n}'")) + (names.Count > 12 ? ", ..." : "");
}
