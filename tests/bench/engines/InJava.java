import java.io.FileOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.jena.graph.Graph;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;
import org.apache.jena.shacl.Shapes;
import org.apache.jena.sparql.graph.GraphFactory;

/** Apache Jena SHACL: `java InJava.java SHAPES KNOWLEDGE REGISTER REPORT`. What is timed is as in in_python.py. */
public class InJava {
    public static void main(String[] files) throws Exception {
        long started = System.nanoTime();
        Shapes shapes = Shapes.parse(RDFDataMgr.loadGraph(files[0]));
        Graph data = GraphFactory.createDefaultGraph();
        RDFDataMgr.read(data, files[1]);
        long ready = System.nanoTime();
        long used = processor();
        RDFDataMgr.read(data, files[2]);
        Graph report = ShaclValidator.get().validate(shapes, data).getGraph();
        try (FileOutputStream out = new FileOutputStream(files[3])) {
            RDFDataMgr.write(out, report, Lang.NTRIPLES);
        }
        long ended = System.nanoTime();
        long memory = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                memory = Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        System.out.printf(java.util.Locale.ROOT, "{\"ready\": %f, \"clock\": %f, \"processor\": %f, \"memory_mb\": %d}%n",
            (ready - started) / 1e9, (ended - ready) / 1e9, (processor() - used) / 1e9, memory);
    }

    private static long processor() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
