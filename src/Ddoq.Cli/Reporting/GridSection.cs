namespace Ddoq.Cli.Reporting;

/// <summary>The images of each method, class by class, with weight and count under each.</summary>
internal static class GridSection
{
    private const int SmallSide = 64, FewColumns = 10;

    public static Markup Render(IReadOnlyList<ImageGrid> grids) => grids.Count == 0 ? Markup.Nothing : ReportSections.Section("images", "Images", Markup.Of($"""
        <p class="note">Under each image: its weight as a bar and a number (mean one within a class), then the number of training images in its cell.</p>
        <div class="grids">{Markup.Join(grids, Grid)}</div>
        """));

    private static Markup Grid(ImageGrid grid)
    {
        var heaviest = grid.Rows.SelectMany(r => r.Images).Select(i => i.Weight).DefaultIfEmpty(1).Max();
        return Markup.Of($"""
            <div class="{(IsCompact(grid) ? "grid-block" : "grid-block large")}"><h3>{grid.Method} <span class="description">{grid.Description}</span></h3>
            <table class="grid"><tbody>{Markup.Join(grid.Rows, r => Row(r, grid.Method, heaviest))}</tbody></table></div>

            """);
    }

    private static bool IsCompact(ImageGrid grid) => grid.Rows.All(r => r.Images.Count <= FewColumns && r.Images.All(i => i.Width <= SmallSide));

    private static Markup Row(GridRow row, string method, double heaviest) => Markup.Of($"""
        <tr><th scope="row">{row.ClassName}</th><td><div class="strip">{Markup.Join(row.Images.Index(), i => Image(i.Item, i.Index, row.ClassName, method, heaviest))}</div></td></tr>

        """);

    private static Markup Image(GridImage image, int index, string className, string method, double heaviest) => Markup.Of($"""
        <figure><img src="data:image/png;base64,{new Markup(Convert.ToBase64String(image.Png))}" alt="{className}, image {index + 1} of {method}" class="{(image.Width <= SmallSide ? "small" : "full")}" />
        {ReportSections.Bar(heaviest > 0 ? image.Weight / heaviest : 0, "accent")}<figcaption><span class="weight">{image.Weight:0.00}</span>{Count(image.Count)}</figcaption></figure>
        """);

    private static Markup Count(long? count) => count is { } n ? Markup.Of($"""<span class="count">{n:#,0}</span>""") : Markup.Nothing;
}
