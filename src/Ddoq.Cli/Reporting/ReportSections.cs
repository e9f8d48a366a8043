namespace Ddoq.Cli.Reporting;

/// <summary>The parts of the page, each from its own records; a part without records is left out.</summary>
internal static class ReportSections
{
    public static Markup Findings(IReadOnlyList<string> findings) => findings.Count == 0 ? Markup.Nothing : Section("findings", "What the table says", Markup.Of($"""
        <ul class="findings">{Markup.Join(findings, f => Markup.Of($"<li>{f}</li>"))}</ul>
        """));

    public static Markup Distortions(IReadOnlyList<ClassDistortion> rows)
    {
        if (rows.Count == 0) return Markup.Nothing;
        var longest = rows.Max(r => Math.Max(r.W2, r.W2EqualWeights));
        return Section("distances", "Distance to the data", Markup.Of($"""
            <p class="note">Distortion is the mean squared latent distance from an image to the nearest point of its class. W<sub>2</sub> is the Wasserstein distance between the
            class and its points: with the weights of their Voronoi cells it is the square root of the distortion, the least that these points allow; with equal weights it is larger.</p>
            <table class="numbers"><thead><tr><th scope="col" class="text">Class</th><th scope="col">Distortion</th><th scope="col">W<sub>2</sub>, Voronoi weights</th>
            <th scope="col">W<sub>2</sub>, equal weights</th><th scope="col">Voronoi against equal</th><th scope="col" class="text wide">W<sub>2</sub>
            <span class="key accent">Voronoi</span> <span class="key muted">equal</span></th></tr></thead>
            <tbody>{Markup.Join(rows, r => DistortionRow(r, longest))}</tbody>
            <tfoot>{DistortionRow(Mean(rows), longest)}</tfoot></table>
            """));
    }

    public static Markup Timings(IReadOnlyList<StageTime> stages)
    {
        if (stages.Count == 0) return Markup.Nothing;
        var (longest, total) = (stages.Max(s => s.Seconds), stages.Sum(s => s.Seconds));
        return Section("time", "Where the time went", Markup.Of($"""
            <table class="numbers timing"><thead><tr><th scope="col" class="text">Stage</th><th scope="col">Time</th><th scope="col">Share</th><th scope="col" class="text wide">Of the longest stage</th>
            <th scope="col" class="text">Note</th></tr></thead>
            <tbody>{Markup.Join(stages, s => TimingRow(s, longest, total))}</tbody>
            <tfoot><tr><th scope="row" class="text">all stages</th><td>{Figures.Seconds(total)}</td><td>100 %</td><td></td><td></td></tr></tfoot></table>
            """));
    }

    public static Markup Facts(string id, string title, IReadOnlyList<ReportFact> facts) => facts.Count == 0 ? Markup.Nothing : Section(id, title, Markup.Of($"""
        <table class="facts"><tbody>{Markup.Join(facts, f => Markup.Of($"""<tr><th scope="row">{f.Name}</th><td>{f.Value}</td></tr>"""))}</tbody></table>
        """));

    public static Markup Section(string id, string title, Markup content) => Markup.Of($"""
        <section id="{id}" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2>
        {content}
        </section>

        """);

    /// <summary>A horizontal bar that fills its cell up to a fraction in [0, 1].</summary>
    public static Markup Bar(double fraction, string style) => Markup.Of(
        $"""<svg class="bar {style}" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="1" /><rect class="fill" width="{100 * Math.Clamp(fraction, 0, 1):0.##}" height="1" /></svg>""");

    private static ClassDistortion Mean(IReadOnlyList<ClassDistortion> rows) =>
        new("mean over classes", rows.Average(r => r.Distortion), rows.Average(r => r.W2), rows.Average(r => r.W2EqualWeights));

    private static Markup DistortionRow(ClassDistortion r, double longest) => Markup.Of($"""
        <tr><th scope="row" class="text">{r.ClassName}</th><td>{Figures.Significant(r.Distortion)}</td><td>{Figures.Significant(r.W2)}</td><td>{Figures.Significant(r.W2EqualWeights)}</td>
        <td>{(r.W2EqualWeights > 0 ? Figures.Points(r.W2 / r.W2EqualWeights - 1) + " %" : "\u2013")}</td>
        <td class="bars">{Bar(Share(r.W2, longest), "accent")}{Bar(Share(r.W2EqualWeights, longest), "muted")}</td></tr>

        """);

    private static Markup TimingRow(StageTime s, double longest, double total) => Markup.Of($"""
        <tr><th scope="row" class="text">{s.Stage}</th><td>{Figures.Seconds(s.Seconds)}</td><td>{100 * Share(s.Seconds, total):0} %</td>
        <td class="bars">{Bar(Share(s.Seconds, longest), "accent")}</td><td class="text muted">{s.Note}</td></tr>

        """);

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
}
